/*
 * Drives the transport with the stock ssh client and answers in the monitor's
 * place: every wrap and hook has to be hit by a real conversation, or a libssh
 * that was built otherwise would quietly go round them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "server/ssh/hooks.h"
#include "server/ssh/transport.h"

#define ALLOCATED_PORT 4444 /* what -R 0 is told */
#define UNKNOWN_PORT 5555   /* nobody asked for it */
#define FIRST_OFFER (MSG_ACCEPTED_BIT | 1)
#define SECOND_OFFER (MSG_ACCEPTED_BIT | 2)
#define DEADLINE_MS 20000

static struct {
    uv_loop_t loop;
    struct transport *transport;
    EVP_PKEY *key;
    uint8_t blob[64];
    size_t blob_size;
    int offers_answered, opened, refused;
    uint32_t session;
    bool exec_pending;
    int source;  /* what the forward carries comes from here */
    bool closed; /* the forward */
    uint32_t gone_code;
    char gone_text[128];
} test;

static struct frame frame;

/* What the monitor would say. */
static void
say(enum msg_type type, const void *body, int fd)
{
    long n = msg_encode(type, body, frame.buffer, sizeof(frame.buffer));

    assert_true(n > 4);
    frame.type = type;
    frame.body = frame.buffer + 4;
    frame.size = (size_t)n - 4;
    frame.fd = fd;
    assert_int_equal(transport_receive(test.transport, &frame), 0);
}

/* The function behind the wrap. */
int __real_EVP_DigestSign(EVP_MD_CTX *, unsigned char *, size_t *,
                          const unsigned char *, size_t);

static bool
sign(void *arg, uint8_t key, uint32_t digest, struct wire_bytes hash,
     uint8_t *ret, size_t *ret_size)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok;

    (void)arg;
    (void)key;
    (void)digest;
    ok = EVP_DigestSignInit(ctx, NULL, NULL, NULL, test.key) == 1 &&
         __real_EVP_DigestSign(ctx, ret, ret_size, hash.data, hash.size) == 1;
    EVP_MD_CTX_free(ctx);
    return ok;
}

static void
offer(uint32_t id, const struct msg_listen *m, uint32_t port)
{
    static const char plenty[120 * 1024];
    int pair[2];
    char host[64];
    const struct msg_accepted a = {
        .id = id,
        .host = host,
        .port = port,
        .originator = "127.0.0.1",
        .originator_port = 1,
    };

    snprintf(host, sizeof(host), "%.*s", (int)m->host.size,
             (const char *)m->host.data);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair),
                     0);
    /* Enough to make the client open its window again. */
    assert_int_equal(send(pair[1], plenty, sizeof(plenty), MSG_DONTWAIT),
                     sizeof(plenty));
    if (id == FIRST_OFFER) {
        test.source = pair[1];
    } else {
        close(pair[1]);
    }
    say(MSG_ACCEPTED, &a, pair[0]);
}

static void
maybe_exit(void)
{
    const struct msg_session_exit m = {.id = test.session, .status = 7};

    if (test.exec_pending && test.offers_answered == 2 && test.closed) {
        test.exec_pending = false;
        say(MSG_SESSION_EXIT, &m, -1);
    }
}

static void
on_auth_request(const struct msg_bytes *m)
{
    const struct msg_auth_failure no = {.methods = "keyboard-interactive"};
    const struct msg_prompt ask = {
        .name = "",
        .instruction = "",
        .count = 1,
        .prompts = {"Code: "},
    };
    static const char kbdint[] = "keyboard-interactive";

    if (memmem(m->bytes.data, m->bytes.size, kbdint, sizeof(kbdint) - 1)) {
        say(MSG_AUTH_PROMPT, &ask, -1);
    } else {
        say(MSG_AUTH_FAILURE, &no, -1);
    }
}

static void
on_listen(const struct msg_listen *m)
{
    const struct msg_listen_done done = {
        .id = m->id,
        .ok = 1,
        .port = ALLOCATED_PORT,
    };

    assert_int_equal(m->port, 0);
    say(MSG_LISTEN_DONE, &done, -1);
    offer(FIRST_OFFER, m, ALLOCATED_PORT);
    offer(SECOND_OFFER, m, UNKNOWN_PORT);
}

static void
on_session_request(const struct msg_session_request *m)
{
    const struct msg_session_reply yes = {.id = m->id, .ok = 1};

    test.session = m->id;
    test.exec_pending = true;
    say(MSG_SESSION_REPLY, &yes, -1);
    maybe_exit();
}

static void
tell(void *arg, enum msg_type type, const void *body)
{
    const struct msg_refused *refused = body;
    static const struct msg_terms terms = {.max_sessions = 10};

    (void)arg;
    switch (type) {
    case MSG_AUTH_REQUEST:
        on_auth_request(body);
        return;
    case MSG_AUTH_RESPONSE:
        say(MSG_AUTH_SUCCESS, &terms, -1);
        return;
    case MSG_LISTEN:
        on_listen(body);
        return;
    case MSG_ACCEPT_OPENED:
        test.opened += ((const struct msg_id *)body)->id == FIRST_OFFER;
        test.offers_answered++;
        maybe_exit();
        return;
    case MSG_ACCEPT_REFUSED:
        test.refused += refused->id == SECOND_OFFER && refused->reason != 0;
        test.offers_answered++;
        maybe_exit();
        return;
    case MSG_FORWARD_CLOSED:
        test.closed = true;
        maybe_exit();
        return;
    case MSG_SESSION_REQUEST:
        on_session_request(body);
        return;
    default:
        return;
    }
}

static void
on_gone(void *arg, uint32_t code, const char *text)
{
    (void)arg;
    test.gone_code = code;
    snprintf(test.gone_text, sizeof(test.gone_text), "%s", text);
    uv_stop(&test.loop);
}

static void
on_deadline(uv_timer_t *timer)
{
    snprintf(test.gone_text, sizeof(test.gone_text), "deadline");
    uv_stop(timer->loop);
}

/* The source ends when the client has opened its window again. */
static void
on_tick(uv_timer_t *timer)
{
    if (hooks_count(HOOK_WINDOW) > 0) {
        shutdown(test.source, SHUT_WR); /* drain()'s process has it, too */
        uv_timer_stop(timer);
    }
}

/* Read what comes, in a process of its own: nobody waits for it. */
static void
drain(int fd)
{
    char bytes[4096];

    if (fork() == 0) {
        while (recv(fd, bytes, sizeof(bytes), 0) > 0) {
        }
        _exit(0);
    }
}

/* The client's end of the -R forward: say a byte, read to the end. */
static void
on_target(uv_poll_t *poll, int status, int events)
{
    int fd = -1;

    assert_int_equal(uv_fileno((uv_handle_t *)poll, &fd), 0);
    (void)status;
    (void)events;
    fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
    assert_int_equal(send(fd, "x", 1, 0), 1);
    drain(fd);
    close(fd);
}

static void
make_host_key(void)
{
    uint8_t raw[32];
    size_t size = sizeof(raw);
    struct wire_out w = wire_into(test.blob, sizeof(test.blob));

    test.key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    assert_non_null(test.key);
    assert_int_equal(EVP_PKEY_get_raw_public_key(test.key, raw, &size), 1);
    wire_put_text(&w, "ssh-ed25519");
    wire_put_string(&w, raw, size);
    test.blob_size = w.used;
}

static int
listen_anywhere(uint16_t *ret_port)
{
    struct sockaddr_in a = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t size = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, size), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
    *ret_port = ntohs(a.sin_port);
    return fd;
}

/* ssh -R 0:target, keyboard-interactive, one command. */
static pid_t
start_client(uint16_t port, uint16_t target)
{
    char port_text[8], forward[64];
    pid_t pid;

    snprintf(port_text, sizeof(port_text), "%u", port);
    snprintf(forward, sizeof(forward), "0:127.0.0.1:%u", target);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);

        dup2(null, 0);
        dup2(null, 1);
        dup2(null, 2);
        setenv("SSH_ASKPASS", "/bin/true", 1);
        setenv("SSH_ASKPASS_REQUIRE", "force", 1);
        setenv("DISPLAY", ":0", 1);
        execlp("ssh", "ssh", "-F", "none", "-o", "StrictHostKeyChecking=no",
               "-o", "UserKnownHostsFile=/dev/null", "-o",
               "PreferredAuthentications=keyboard-interactive", "-C", "-p",
               port_text, "-R", forward, "nobody@127.0.0.1", "word", NULL);
        _exit(127);
    }
    return pid;
}

static void
converse(int client, int target)
{
    const struct msg_setup setup = {
        .identification = "Portcullis_test",
        .kex = "curve25519-sha256",
        .ciphers = "aes128-gcm@openssh.com",
        .macs = "hmac-sha2-256",
        .host_key_algorithms = "ssh-ed25519",
        .signature_algorithms = "ssh-ed25519",
        .compression = 1,
        .max_channels = 16,
        .ed25519 = {.data = test.blob, .size = test.blob_size},
    };
    const struct transport_owner owner = {.tell = tell, .gone = on_gone};
    uv_timer_t deadline, tick;
    uv_poll_t poll;

    assert_int_equal(uv_loop_init(&test.loop), 0);
    assert_int_equal(transport_warm_up(), 0);
    assert_int_equal(
        transport_new(&test.loop, client, &setup, &owner, &test.transport), 0);
    hooks_set_sign(sign, NULL);
    uv_timer_init(&test.loop, &deadline);
    uv_timer_start(&deadline, on_deadline, DEADLINE_MS, 0);
    uv_timer_init(&test.loop, &tick);
    uv_timer_start(&tick, on_tick, 5, 5);
    uv_poll_init(&test.loop, &poll, target);
    uv_poll_start(&poll, UV_READABLE, on_target);
    assert_int_equal(transport_start(test.transport), 0);
    uv_run(&test.loop, UV_RUN_DEFAULT);
}

static void
test_every_hook_is_hit_by_a_stock_client(void **state)
{
    uint16_t port, target;
    int server = listen_anywhere(&port);
    int target_fd = listen_anywhere(&target);
    pid_t pid = start_client(port, target);
    int status = 0;

    (void)state;
    make_host_key();
    converse(accept4(server, NULL, NULL, SOCK_CLOEXEC), target_fd);
    if (test.gone_code == 0) {
        kill(pid, SIGKILL); /* the deadline came first */
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_string_equal(test.gone_text, "disconnected by user");
    assert_int_equal(test.gone_code, 11);
    assert_int_equal(WEXITSTATUS(status), 7);
    assert_int_equal(test.opened, 1);
    assert_int_equal(test.refused, 1);
    for (int hook = 0; hook < HOOK_COUNT; hook++) {
        if (hook == HOOK_EXTENDED_DATA) {
            continue; /* the wrap of HOOK_DATA; no client sends it */
        }
        if (hooks_count((enum hook)hook) == 0) {
            fail_msg("hook %s was never hit", hooks_name((enum hook)hook));
        }
    }
    close(server);
    close(target_fd);
    EVP_PKEY_free(test.key);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_hook_is_hit_by_a_stock_client),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
