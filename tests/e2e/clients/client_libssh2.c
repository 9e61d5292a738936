/* A test client around libssh2. */
#include "client.h"

#include <arpa/inet.h>
#include <libssh2.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static LIBSSH2_SESSION *session;
static LIBSSH2_CHANNEL *channel;
static LIBSSH2_LISTENER *listener;
static const char *secret;
static bool is_lost;

static int
connect_to(const char *port)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || connect(fd, (struct sockaddr *)(void *)&to, sizeof(to)) < 0) {
        return -1;
    }
    return fd;
}

static bool
is_expected_host(const char *file)
{
    char line[2048] = "";
    size_t size = 0;
    int type = 0;
    const char *key = libssh2_session_hostkey(session, &size, &type);
    LIBSSH2_KNOWNHOSTS *hosts = libssh2_knownhost_init(session);
    FILE *in = fopen(file, "r");
    int n = snprintf(line, sizeof(line), "127.0.0.1 ");
    bool same =
        in != NULL && hosts != NULL && key != NULL &&
        fgets(line + n, (int)sizeof(line) - n, in) != NULL &&
        libssh2_knownhost_readline(hosts, line, strcspn(line, "\n"),
                                   LIBSSH2_KNOWNHOST_FILE_OPENSSH) == 0 &&
        libssh2_knownhost_check(hosts, "127.0.0.1", key, size,
                                LIBSSH2_KNOWNHOST_TYPE_PLAIN |
                                    LIBSSH2_KNOWNHOST_KEYENC_RAW,
                                NULL) == LIBSSH2_KNOWNHOST_CHECK_MATCH;

    if (in != NULL) {
        fclose(in);
    }
    return same;
}

static LIBSSH2_USERAUTH_KBDINT_RESPONSE_FUNC(give_answers)
{
    (void)name;
    (void)name_len;
    (void)instruction;
    (void)instruction_len;
    (void)prompts;
    (void)abstract;
    for (int i = 0; i < num_prompts; i++) {
        responses[i].text = strdup(secret);
        responses[i].length = (unsigned)strlen(secret);
    }
}

static bool
authenticate(const struct client_words *w)
{
    secret = w->password;
    if (strcmp(w->method, "key") == 0) {
        return libssh2_userauth_publickey_fromfile(session, w->user, NULL,
                                                   w->key, NULL) == 0;
    }
    if (strcmp(w->method, "password") == 0) {
        return libssh2_userauth_password(session, w->user, w->password) == 0;
    }
    return libssh2_userauth_keyboard_interactive(session, w->user,
                                                 give_answers) == 0;
}

static int
login(const struct client_words *w)
{
    int fd = connect_to(w->port);

    if (libssh2_init(0) != 0) {
        exit(1);
    }
    session = libssh2_session_init();
    if (session == NULL) {
        exit(1);
    }
    libssh2_session_set_timeout(session, 15000);
    if (fd < 0 || libssh2_session_handshake(session, fd) != 0 ||
        !is_expected_host(w->host_key) || !authenticate(w)) {
        return -1;
    }
    return fd;
}

static bool
open_direct(const char *host, int port)
{
    libssh2_session_set_blocking(session, 1);
    channel = libssh2_channel_direct_tcpip(session, host, port);
    libssh2_session_set_blocking(session, 0);
    return channel != NULL;
}

static int
listen_remote(const char *address, int port)
{
    int given = 0;

    listener =
        libssh2_channel_forward_listen_ex(session, address, port, &given, 16);
    libssh2_session_set_blocking(session, 0);
    return listener == NULL ? -1 : given;
}

static bool
cancel_remote(void)
{
    bool ok;

    libssh2_session_set_blocking(session, 1);
    ok = libssh2_channel_forward_cancel(listener) == 0;
    libssh2_session_set_blocking(session, 0);
    return ok;
}

/* What an answer says about the connection. */
static int
note(ssize_t n)
{
    if (n == LIBSSH2_ERROR_EAGAIN) {
        return 0;
    }
    if (n == LIBSSH2_ERROR_SOCKET_RECV || n == LIBSSH2_ERROR_SOCKET_SEND ||
        n == LIBSSH2_ERROR_SOCKET_DISCONNECT) {
        is_lost = true;
    }
    return n < 0 ? -1 : (int)n;
}

static bool
accept_remote(void)
{
    channel = libssh2_channel_forward_accept(listener);
    if (channel == NULL) {
        note(libssh2_session_last_errno(session));
    }
    return channel != NULL;
}

static int
read_some(char *buffer, size_t size)
{
    return note(libssh2_channel_read(channel, buffer, size));
}

static int
write_some(const char *buffer, size_t size)
{
    return note(libssh2_channel_write(channel, buffer, size));
}

static bool
at_end(void)
{
    return libssh2_channel_eof(channel) != 0;
}

static void
send_end(void)
{
    libssh2_session_set_blocking(session, 1);
    libssh2_channel_send_eof(channel);
    libssh2_session_set_blocking(session, 0);
}

static void
close_channel(void)
{
    libssh2_session_set_blocking(session, 1);
    libssh2_channel_free(channel);
    libssh2_session_set_blocking(session, 0);
    channel = NULL;
}

static bool
is_connected(void)
{
    return !is_lost;
}

static const char *
error_text(void)
{
    static char unknown[] = "unknown";
    char *text = unknown;

    libssh2_session_last_error(session, &text, NULL, 0);
    return text;
}

int
main(int argc, char **argv)
{
    const struct client_library library = {
        .login = login,
        .open = open_direct,
        .listen = listen_remote,
        .cancel = cancel_remote,
        .accept = accept_remote,
        .read = read_some,
        .write = write_some,
        .at_end = at_end,
        .send_end = send_end,
        .close = close_channel,
        .is_connected = is_connected,
        .error = error_text,
    };

    return client_main(argc, argv, &library);
}
