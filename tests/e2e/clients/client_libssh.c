/* A test client around libssh's own client interface. */
#include "client.h"

#include <libssh/libssh.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ssh_session session;
static ssh_channel channel;
static char listen_address[64];
static int listen_port;

static bool
is_expected_host(const char *file)
{
    ssh_key given = NULL, wanted = NULL;
    bool same = ssh_get_server_publickey(session, &given) == SSH_OK &&
                ssh_pki_import_pubkey_file(file, &wanted) == SSH_OK &&
                ssh_key_cmp(given, wanted, SSH_KEY_CMP_PUBLIC) == 0;

    ssh_key_free(given);
    ssh_key_free(wanted);
    return same;
}

static bool
login_key(const char *file)
{
    ssh_key key = NULL;
    bool ok =
        ssh_pki_import_privkey_file(file, NULL, NULL, NULL, &key) == SSH_OK &&
        ssh_userauth_publickey(session, NULL, key) == SSH_AUTH_SUCCESS;

    ssh_key_free(key);
    return ok;
}

static bool
login_keyboard(const char *password)
{
    int r = ssh_userauth_kbdint(session, NULL, NULL);

    for (int round = 0; r == SSH_AUTH_INFO && round < 5; round++) {
        int count = ssh_userauth_kbdint_getnprompts(session);

        for (int i = 0; i < count; i++) {
            ssh_userauth_kbdint_setanswer(session, (unsigned)i, password);
        }
        r = ssh_userauth_kbdint(session, NULL, NULL);
    }
    return r == SSH_AUTH_SUCCESS;
}

static bool
authenticate(const struct client_words *w)
{
    if (strcmp(w->method, "key") == 0) {
        return login_key(w->key);
    }
    if (strcmp(w->method, "password") == 0) {
        return ssh_userauth_password(session, NULL, w->password) ==
               SSH_AUTH_SUCCESS;
    }
    return login_keyboard(w->password);
}

static int
login(const struct client_words *w)
{
    int no = 0;

    session = ssh_new();
    if (session == NULL) {
        exit(1);
    }
    ssh_options_set(session, SSH_OPTIONS_PROCESS_CONFIG, &no);
    ssh_options_set(session, SSH_OPTIONS_HOST, "127.0.0.1");
    ssh_options_set(session, SSH_OPTIONS_PORT_STR, w->port);
    ssh_options_set(session, SSH_OPTIONS_USER, w->user);
    if (ssh_connect(session) != SSH_OK || !is_expected_host(w->host_key) ||
        !authenticate(w)) {
        return -1;
    }
    return ssh_get_fd(session);
}

static bool
open_direct(const char *host, int port)
{
    bool ok;

    channel = ssh_channel_new(session);
    ssh_set_blocking(session, 1);
    ok =
        ssh_channel_open_forward(channel, host, port, "127.0.0.1", 1) == SSH_OK;
    ssh_set_blocking(session, 0);
    if (!ok) {
        ssh_channel_free(channel);
        channel = NULL;
    }
    return ok;
}

static int
listen_remote(const char *address, int port)
{
    int given = 0;

    snprintf(listen_address, sizeof(listen_address), "%s", address);
    if (ssh_channel_listen_forward(session, address, port, &given) != SSH_OK) {
        return -1;
    }
    listen_port = port == 0 ? given : port;
    return listen_port;
}

static bool
cancel_remote(void)
{
    bool ok;

    ssh_set_blocking(session, 1);
    ok = ssh_channel_cancel_forward(session, listen_address, listen_port) ==
         SSH_OK;
    ssh_set_blocking(session, 0);
    return ok;
}

static bool
accept_remote(void)
{
    int port = 0;

    channel = ssh_channel_open_forward_port(session, 0, &port, NULL, NULL);
    return channel != NULL;
}

static int
read_some(char *buffer, size_t size)
{
    int n = ssh_channel_read_nonblocking(channel, buffer, (uint32_t)size, 0);

    return n == SSH_EOF || n == SSH_AGAIN ? 0 : n;
}

static int
write_some(const char *buffer, size_t size)
{
    uint32_t window = ssh_channel_window_size(channel);
    int n;

    if (window == 0) {
        /*
         * Behind an end of file libssh's reads look at the socket no more,
         * so a new window would never be noticed.  Sending does.
         */
        ssh_send_ignore(session, "");
        window = ssh_channel_window_size(channel);
    }
    if (size > window) {
        size = window;
    }
    if (size == 0) {
        return 0;
    }
    n = ssh_channel_write(channel, buffer, (uint32_t)size);
    return n == SSH_AGAIN ? 0 : n;
}

static bool
at_end(void)
{
    return ssh_channel_is_eof(channel) || ssh_channel_is_closed(channel);
}

static void
send_end(void)
{
    ssh_channel_send_eof(channel);
}

static void
close_channel(void)
{
    ssh_channel_close(channel);
    ssh_channel_free(channel);
    channel = NULL;
    ssh_blocking_flush(session, 1000);
}

static bool
is_connected(void)
{
    return ssh_is_connected(session) != 0;
}

static const char *
error_text(void)
{
    return ssh_get_error(session);
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
