#include "server/listener/command_line.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/address.h"
#include "policy/number.h"
#include "server/base/services.h"

const char command_line_usage[] =
    "usage: portcullisd [-46DdeGiqTtVv] [-C connection_spec] [-E log_file]\n"
    "                   [-f config_file] [-g login_grace_time]\n"
    "                   [-h host_key_file] [-o option] [-p port]\n";

/* As sshd's, so that a unit file written for it works. */
static const char letters[] = "+:46DGQTVb:c:C:deE:f:g:h:ik:o:p:qrtu:v";

__attribute__((format(printf, 3, 4))) static int
fail(struct command_line_error *reterr, int status, const char *fmt, ...)
{
    va_list ap;

    reterr->status = status;
    va_start(ap, fmt);
    vsnprintf(reterr->diag.text, sizeof(reterr->diag.text), fmt, ap);
    va_end(ap);
    return -EINVAL;
}

static int
fail_memory(struct command_line_error *reterr)
{
    fail(reterr, 1, "out of memory");
    return -ENOMEM;
}

/* A "Keyword value" line; keyword may be empty for -o, which has its own. */
static int
add_override(struct command_line *c, const char *keyword, const char *value,
             struct command_line_error *reterr)
{
    if (c->override_count == OVERRIDE_MAX) {
        return fail(reterr, 1, "too many options on the command line");
    }
    if (asprintf(&c->overrides[c->override_count], "%s%s", keyword, value) <
        0) {
        return fail_memory(reterr);
    }
    c->override_count++;
    return 0;
}

/*
 * Flags that sshd takes at once, while an -o only fills in what is still
 * open: the last of them wins over all others.  Here the first line wins.
 */
static int
add_override_first(struct command_line *c, const char *keyword,
                   const char *value, struct command_line_error *reterr)
{
    int r = add_override(c, keyword, value, reterr);
    char *line = NULL;

    if (r < 0) {
        return r;
    }
    line = c->overrides[c->override_count - 1];
    memmove(&c->overrides[1], &c->overrides[0],
            (c->override_count - 1) * sizeof(c->overrides[0]));
    c->overrides[0] = line;
    return 0;
}

/* A path may hold blanks and signs that mean something in a file. */
static int
add_quoted(struct command_line *c, const char *keyword, const char *value,
           struct command_line_error *reterr)
{
    char *quoted = malloc(2 * strlen(value) + 3);
    size_t used = 0;
    int r = 0;

    if (quoted == NULL) {
        return fail_memory(reterr);
    }
    quoted[used++] = '"';
    for (const char *p = value; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\') {
            quoted[used++] = '\\';
        }
        quoted[used++] = *p;
    }
    quoted[used++] = '"';
    quoted[used] = '\0';
    r = add_override(c, keyword, quoted, reterr);
    free(quoted);
    return r;
}

/* A number, 0 too, or a service; -EINVAL for anything else. */
static int
find_port(const char *text, uint16_t *ret)
{
    uint64_t port = 0;

    if (number_read(text, UINT16_MAX, &port) == 0) {
        *ret = (uint16_t)port;
        return 0;
    }
    *ret = services_port(NULL, text);
    return *ret == 0 ? -EINVAL : 0;
}

static int
add_port(struct command_line *c, const char *text,
         struct command_line_error *reterr)
{
    uint16_t port = 0;

    if (find_port(text, &port) < 0 || port == 0) {
        return fail(reterr, 1, "Bad port number.");
    }
    return add_override(c, "Port ", text, reterr);
}

/* "10", "2m30s": digits, each group with a unit, or none at the very end. */
static bool
is_time(const char *text)
{
    const char *p = text;

    do {
        size_t digits = strspn(p, "0123456789");

        if (digits == 0 || digits > 9) {
            return false;
        }
        p += digits;
        if (*p != '\0' && strchr("sSmMhHdDwW", *p) == NULL) {
            return false;
        }
        p += *p != '\0' ? 1 : 0;
    } while (*p != '\0');
    return true;
}

static int
add_grace_time(struct command_line *c, const char *text,
               struct command_line_error *reterr)
{
    if (!is_time(text)) {
        return fail(reterr, 1, "Invalid login grace time.");
    }
    return add_override_first(c, "LoginGraceTime ", text, reterr);
}

static int
set_text(char **to, const char *text, const char **ret_view,
         struct command_line_error *reterr)
{
    free(*to);
    *to = strdup(text);
    *ret_view = *to;
    return *to == NULL ? fail_memory(reterr) : 0;
}

/* An unreadable address is one that no criterion matches, as in sshd. */
static int
set_address(struct address *to, const char *text)
{
    if (address_parse(text, to) < 0) {
        *to = (struct address){0};
    }
    return 0;
}

/* item is "lport=" and text; sshd quotes both. */
static int
set_local_port(struct command_line *c, const char *item, const char *text,
               struct command_line_error *reterr)
{
    if (find_port(text, &c->identity.local_port) < 0) {
        return fail(reterr, 1,
                    "Invalid port '%s' in test mode specification %s", text,
                    item);
    }
    return 0;
}

/* One item of -C. */
static int
add_fact(struct command_line *c, const char *item,
         struct command_line_error *reterr)
{
    struct identity *who = &c->identity;

    if (strncmp(item, "addr=", 5) == 0) {
        return set_address(&who->address, item + 5);
    }
    if (strncmp(item, "laddr=", 6) == 0) {
        return set_address(&who->local_address, item + 6);
    }
    if (strncmp(item, "user=", 5) == 0) {
        return set_text(&c->user, item + 5, &who->user, reterr);
    }
    if (strncmp(item, "host=", 5) == 0) {
        return set_text(&c->host, item + 5, &who->host, reterr);
    }
    if (strncmp(item, "lport=", 6) == 0) {
        return set_local_port(c, item, item + 6, reterr);
    }
    if (strncmp(item, "rdomain=", 8) == 0) {
        return set_text(&c->rdomain, item + 8, &who->rdomain, reterr);
    }
    if (strcmp(item, "invalid-user") == 0) {
        who->invalid_user = true;
        return 0;
    }
    return fail(reterr, 1, "Invalid test mode specification %s", item);
}

/* What follows an empty item is not looked at, as in sshd. */
static int
add_facts(struct command_line *c, const char *spec,
          struct command_line_error *reterr)
{
    char *copy = strdup(spec);
    char *rest = copy;
    const char *item = NULL;
    int r = 0;

    if (copy == NULL) {
        return fail_memory(reterr);
    }
    c->has_identity = true;
    for (item = strsep(&rest, ","); r == 0 && item != NULL && *item != '\0';
         item = strsep(&rest, ",")) {
        r = add_fact(c, item, reterr);
    }
    free(copy);
    return r;
}

/* Of several, the one that shows most wins, as in sshd. */
static void
set_mode(struct command_line *c, enum command_mode mode)
{
    if (mode > c->mode) {
        c->mode = mode;
    }
}

static void
more_debug(struct command_line *c)
{
    c->quiet = false;
    if (c->debug < 3) {
        c->debug++;
    }
}

/* Flags that stand alone. */
static int
read_flag(struct command_line *c, int letter, struct command_line_error *reterr)
{
    switch (letter) {
    case '4':
        return add_override_first(c, "AddressFamily ", "inet", reterr);
    case '6':
        return add_override_first(c, "AddressFamily ", "inet6", reterr);
    case 'D':
        c->foreground = true;
        return 0;
    case 'd':
        more_debug(c);
        return 0;
    case 'e':
        c->to_stderr = true;
        return 0;
    case 'i':
        c->inetd = true;
        return 0;
    case 'q':
        c->quiet = true;
        return 0;
    case 't':
        set_mode(c, COMMAND_TEST);
        return 0;
    case 'T':
        set_mode(c, COMMAND_DUMP);
        return 0;
    case 'G':
        set_mode(c, COMMAND_PRINT);
        return 0;
    case 'V':
        set_mode(c, COMMAND_VERSION);
        return 0;
    case 'v':
        c->verbose = true;
        return 0;
    default: /* Q, r: sshd ignores them as well */
        return 0;
    }
}

static int
read_option(struct command_line *c, int letter, const char *value,
            struct command_line_error *reterr)
{
    switch (letter) {
    case 'c': /* parsing says that it cannot be had */
        return add_quoted(c, "HostCertificate ", value, reterr);
    case 'C':
        return add_facts(c, value, reterr);
    case 'E':
        c->log_file = value;
        return 0;
    case 'f':
        c->file = value;
        return 0;
    case 'g':
        return add_grace_time(c, value, reterr);
    case 'h':
        return add_quoted(c, "HostKey ", value, reterr);
    case 'o':
        return add_override(c, "", value, reterr);
    case 'p':
        return add_port(c, value, reterr);
    case ':':
        reterr->usage = true;
        return fail(reterr, 1, "option requires an argument -- %c", optopt);
    case '?':
        reterr->usage = true;
        return fail(reterr, 1, "unknown option -- %c", optopt);
    default: /* b, k, u: sshd ignores them as well */
        return 0;
    }
}

static int
read_letters(struct command_line *c, int argc, char *const argv[],
             struct command_line_error *reterr)
{
    int r = 0;

    optind = 0; /* glibc: begin anew, also in tests */
    while (r == 0) {
        int letter = getopt(argc, argv, letters);

        if (letter == -1) {
            break;
        }
        if (strchr("46DGQTVdeiqrtv", letter) != NULL) {
            r = read_flag(c, letter, reterr);
        } else {
            r = read_option(c, letter, optarg, reterr);
        }
    }
    return r;
}

/* -q and -d count for more than -o LogLevel and the file: first wins. */
static int
put_log_level_first(struct command_line *c, struct command_line_error *reterr)
{
    static const char *const debug[] = {NULL, "DEBUG1", "DEBUG2", "DEBUG3"};
    const char *level = c->quiet ? "QUIET" : debug[c->debug];

    return level == NULL ? 0
                         : add_override_first(c, "LogLevel ", level, reterr);
}

int
command_line_parse(int argc, char *const argv[], struct command_line *ret,
                   struct command_line_error *reterr)
{
    int r = 0;

    *ret = (struct command_line){.identity = {.test = true}};
    *reterr = (struct command_line_error){0};
    r = read_letters(ret, argc, argv, reterr);
    if (r < 0 || ret->mode == COMMAND_VERSION) {
        return r;
    }
    if (optind < argc) {
        return fail(reterr, 1, "Extra argument %s.", argv[optind]);
    }
    if (ret->has_identity && ret->mode != COMMAND_DUMP) {
        return fail(reterr, 255,
                    "Config test connection parameter (-C) provided without "
                    "test mode (-T)");
    }
    return put_log_level_first(ret, reterr);
}

void
command_line_done(struct command_line *c)
{
    for (size_t i = 0; i < c->override_count; i++) {
        free(c->overrides[i]);
    }
    free(c->user);
    free(c->host);
    free(c->rdomain);
    *c = (struct command_line){0};
}
