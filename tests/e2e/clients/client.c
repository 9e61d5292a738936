/*
 * The loop of the test clients: one forward a process, one connection at a
 * time through it (see README).
 */
#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    TICK_MS = 20,
    BLOCK = 16384,
};

struct spec {
    char kind; /* L, R or W */
    char address[64];
    char host[64];
    int listen_port;
    int port;
};

/* One direction: bytes that were read and are not yet written. */
struct flow {
    char bytes[BLOCK];
    size_t from;
    size_t to;
    bool ended;  /* nothing more can be read */
    bool passed; /* and the other side has been told */
};

static const struct client_library *lib;
static int ssh_fd = -1;

static int
complain(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, lib->error());
    return 1;
}

/* [ADDRESS:]PORT:HOST:PORT, or HOST:PORT for -W. */
static bool
parse_spec(struct spec *s, char kind, const char *text)
{
    s->kind = kind;
    snprintf(s->address, sizeof(s->address), "localhost");
    if (kind == 'W') {
        return sscanf(text, "%63[^:]:%d", s->host, &s->port) == 2;
    }
    if (sscanf(text, "%d:%63[^:]:%d", &s->listen_port, s->host, &s->port) ==
        3) {
        return true;
    }
    return sscanf(text, "%63[^:]:%d:%63[^:]:%d", s->address, &s->listen_port,
                  s->host, &s->port) == 4;
}

static bool
parse_words(int argc, char **argv, struct client_words *w, struct spec *s)
{
    int c;

    while ((c = getopt(argc, argv, "p:l:k:i:a:L:R:W:")) != -1) {
        switch (c) {
        case 'p':
            w->port = optarg;
            break;
        case 'l':
            w->user = optarg;
            break;
        case 'k':
            w->host_key = optarg;
            break;
        case 'i':
            w->key = optarg;
            break;
        case 'a':
            w->method = optarg;
            break;
        case 'L':
        case 'R':
        case 'W':
            if (!parse_spec(s, (char)c, optarg)) {
                return false;
            }
            break;
        default:
            return false;
        }
    }
    return w->port != NULL && w->user != NULL && w->host_key != NULL &&
           w->key != NULL && w->method != NULL && s->kind != 0;
}

static struct sockaddr_in
loopback(int port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
}

static int
dial(int port)
{
    struct sockaddr_in to = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 &&
        connect(fd, (struct sockaddr *)(void *)&to, sizeof(to)) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static int
listen_on(int port)
{
    struct sockaddr_in at = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 && (bind(fd, (struct sockaddr *)(void *)&at, sizeof(at)) < 0 ||
                    listen(fd, 64) < 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool
is_empty(const struct flow *f)
{
    return f->from == f->to;
}

static void
fill(struct flow *f, int got, bool ended)
{
    f->from = 0;
    f->to = got > 0 ? (size_t)got : 0;
    f->ended = ended;
}

/* From the near side into the channel; true when something moved. */
static bool
move_up(struct flow *f, int in)
{
    bool moved = false;
    ssize_t n;

    if (is_empty(f) && !f->ended) {
        n = read(in, f->bytes, sizeof(f->bytes));
        if (n >= 0 || (errno != EAGAIN && errno != EINTR)) {
            fill(f, (int)n, n <= 0);
            moved = true;
        }
    }
    if (!is_empty(f)) {
        n = lib->write(f->bytes + f->from, f->to - f->from);
        if (n < 0) {
            fill(f, 0, true);
        } else if (n > 0) {
            f->from += (size_t)n;
            moved = true;
        }
    } else if (f->ended && !f->passed) {
        lib->send_end();
        f->passed = true;
    }
    return moved;
}

static void
end_output(int out)
{
    if (shutdown(out, SHUT_WR) < 0) {
        close(out); /* a pipe */
    }
}

/* From the channel to the near side; true when something moved. */
static bool
move_down(struct flow *f, int out)
{
    bool moved = false;
    ssize_t n;

    if (is_empty(f) && !f->ended) {
        n = lib->read(f->bytes, sizeof(f->bytes));
        if (n != 0 || lib->at_end()) {
            fill(f, (int)n, n <= 0);
            moved = true;
        }
    }
    if (!is_empty(f)) {
        n = write(out, f->bytes + f->from, f->to - f->from);
        if (n < 0 && errno != EAGAIN && errno != EINTR) {
            fill(f, 0, true);
        } else if (n > 0) {
            f->from += (size_t)n;
            moved = true;
        }
    } else if (f->ended && !f->passed) {
        end_output(out);
        f->passed = true;
    }
    return moved;
}

static void
set_nonblocking(int fd)
{
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/* Carry bytes until both directions have ended. */
static void
carry(int in, int out)
{
    struct flow up = {.from = 0}, down = {.from = 0};

    set_nonblocking(in);
    set_nonblocking(out);
    while (lib->is_connected() && !(up.passed && down.passed)) {
        struct pollfd fds[] = {{.fd = ssh_fd, .events = POLLIN},
                               {.fd = in, .events = POLLIN}};

        bool moved = move_up(&up, in);
        if (!move_down(&down, out) && !moved) {
            poll(fds, up.ended || !is_empty(&up) ? 1 : 2, TICK_MS);
        }
    }
    lib->close();
}

static int
run_local(const struct spec *s)
{
    int listener = listen_on(s->listen_port);

    if (listener < 0) {
        return complain("listen");
    }
    while (lib->is_connected()) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

        if (fd < 0) {
            break;
        }
        if (lib->open(s->host, s->port)) {
            carry(fd, fd);
        } else {
            complain("open");
        }
        close(fd);
    }
    return 1;
}

/* `cancel` on standard input; its end only means that nobody will say so. */
static void
obey(bool *listening, bool *has_input)
{
    char line[32];
    struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};

    if (!*has_input || poll(&fd, 1, 0) <= 0) {
        return;
    }
    if (fgets(line, sizeof(line), stdin) == NULL) {
        *has_input = false;
    } else if (strcmp(line, "cancel\n") == 0 && lib->cancel()) {
        *listening = false;
        puts("cancelled");
    }
}

static int
run_remote(const struct spec *s)
{
    bool listening = true, has_input = true;
    int given = lib->listen(s->address, s->listen_port);

    if (given < 0) {
        return complain("forward");
    }
    printf("allocated %d\n", given);
    while (lib->is_connected()) {
        struct pollfd wait = {.fd = ssh_fd, .events = POLLIN};

        obey(&listening, &has_input);
        if (!listening || !lib->accept()) {
            poll(&wait, 1, TICK_MS);
            continue;
        }
        int fd = dial(s->port);

        if (fd < 0) {
            lib->close();
            continue;
        }
        carry(fd, fd);
        close(fd);
    }
    return 1;
}

static int
run_stdio(const struct spec *s)
{
    if (!lib->open(s->host, s->port)) {
        return complain("open");
    }
    carry(STDIN_FILENO, STDOUT_FILENO);
    return 0;
}

int
client_main(int argc, char **argv, const struct client_library *l)
{
    const char *password = getenv("PCT_PASSWORD");
    struct client_words w = {.password = password == NULL ? "" : password};
    struct spec s = {0};

    lib = l;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!parse_words(argc, argv, &w, &s)) {
        fprintf(stderr, "see README\n");
        return 2;
    }
    ssh_fd = lib->login(&w);
    if (ssh_fd < 0) {
        return complain("login");
    }
    switch (s.kind) {
    case 'L':
        return run_local(&s);
    case 'R':
        return run_remote(&s);
    default:
        return run_stdio(&s);
    }
}
