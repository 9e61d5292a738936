/*
 * Looking up a key in the user's files.  The files are the user's to write:
 * whatever stands in them may cost that user the login and nothing else.
 */
#include "server/auth/keys_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/pattern.h"
#include "server/auth/key_line.h"
#include "server/auth/key_options.h"
#include "server/auth/public_key.h"
#include "server/auth/strict_modes.h"
#include "server/auth/tokens.h"
#include "server/auth/user_ids.h"

#define READ_BYTES ((size_t)16 << 10) /* to begin with */

/* One file in memory, or the reason why it is not, for a note. */
struct content {
    char *data;
    size_t size;
    int level; /* of the note */
    struct diag words;
};

/* A walk over files and lines. */
struct search {
    const struct keys_query *query;
    struct arena *arena;
    keys_note_fn *note;
    void *arg;
    char path[PATH_MAX];
    struct origin here; /* file in the arena, once a line needs it */
    uint8_t room[PUBLIC_KEY_BLOB_MAX];
};

static void note(const struct search *s, int level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
note(const struct search *s, int level, const char *fmt, ...)
{
    char text[1024];
    va_list ap;

    if (s->note == NULL) {
        return;
    }
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    s->note(s->arg, level, text);
}

static int
content_fail(struct content *c, int level, int code)
{
    c->level = level;
    return code;
}

/* Takes nothing; c->data is the caller's to free on every path. */
static int
read_all(int fd, struct content *c)
{
    size_t room = 0;

    while (c->size <= KEYS_FILE_BYTES_MAX) {
        char *grown = NULL;
        ssize_t n = 0;

        if (c->size == room) {
            room = room == 0 ? READ_BYTES : room * 2;
            grown = realloc(c->data, room);
            if (grown == NULL) {
                return -ENOMEM;
            }
            c->data = grown;
        }
        n = read(fd, c->data + c->size, room - c->size);
        if (n == 0) {
            return 0;
        }
        if (n < 0 && errno != EINTR) {
            return -errno;
        }
        c->size += n < 0 ? 0 : (size_t)n;
    }
    return -EFBIG;
}

static int
read_checked(const struct search *s, int fd, struct content *c)
{
    const struct keys_account *account = s->query->account;
    struct diag why = {.line = 0};
    struct stat st = {0};
    int r = 0;

    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        diag_fail(&c->words, 0,
                  "User '%.100s' authorized keys '%.200s' is not a regular "
                  "file",
                  account->user, s->path);
        return content_fail(c, LOG_LEVEL_INFO, -EINVAL);
    }
    if (s->query->settings->strict_modes.value != 0 &&
        strict_modes_check(s->path, fd, account->home, account->uid, &why) <
            0) {
        diag_fail(&c->words, 0, "Authentication refused: %.450s", why.text);
        return content_fail(c, LOG_LEVEL_INFO, -EPERM);
    }
    r = read_all(fd, c);
    if (r < 0) {
        diag_fail(&c->words, 0, "Could not read authorized keys '%.200s': %s",
                  s->path, strerror(-r));
    }
    return r < 0 ? content_fail(c, LOG_LEVEL_INFO, r) : 0;
}

/* A FIFO must not block us, a terminal must not become ours. */
static int
open_and_read(const struct search *s, struct content *c)
{
    int fd = open(s->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    int r = 0;

    if (fd < 0) {
        r = -errno;
        diag_fail(&c->words, 0, "Could not open authorized keys '%.200s': %s",
                  s->path, strerror(-r));
        return content_fail(c, LOG_LEVEL_DEBUG1, r);
    }
    r = read_checked(s, fd, c);
    close(fd);
    return r;
}

/* The same with the user's ids, and with our own again on return. */
static int
load(const struct search *s, struct content *c)
{
    struct user_ids ids = {0};
    int r = user_ids_take(s->query->account, &ids);

    if (r < 0) {
        diag_fail(&c->words, 0, "Could not act as user '%.100s': %s",
                  s->query->account->user, strerror(-r));
        return content_fail(c, LOG_LEVEL_INFO, r);
    }
    r = open_and_read(s, c);
    user_ids_restore(&ids);
    return r;
}

/* Expiry and from="": what depends on when and from where. */
static bool
may_be_used(const struct search *s, const struct key_options *options)
{
    const struct keys_query *query = s->query;
    enum list_match match = LIST_NO_MATCH;
    struct diag why = {.line = 0};
    char printed[ADDRESS_TEXT_MAX];

    if (options->expires && options->expiry < query->now) {
        note(s, LOG_LEVEL_DEBUG1, "%.200s:%u: entry expired", s->path,
             s->here.line);
        return false;
    }
    if (options->from == NULL) {
        return true;
    }
    if (pattern_match_host_list(options->from, query->host, &query->address,
                                &match, &why) < 0) {
        note(s, LOG_LEVEL_DEBUG1, "%.200s:%u: invalid criteria: %.200s",
             s->path, s->here.line, why.text);
    }
    if (match == LIST_MATCH) {
        return true;
    }
    address_format(&query->address, printed);
    note(s, LOG_LEVEL_INFO,
         "%.200s:%u: Authentication tried for %.100s with correct key but "
         "not from a permitted host (host=%.200s, ip=%.64s, "
         "required=%.200s).",
         s->path, s->here.line, query->account->user,
         query->host == NULL ? "" : query->host, printed, options->from);
    return false;
}

/* The line has the offered key: do its options let it in? */
static int
check_options(struct search *s, const struct key_line *line,
              struct key_options *ret)
{
    struct key_options_context context = {
        .arena = s->arena,
        .service = s->query->service,
        .service_arg = s->query->service_arg,
    };
    struct diag why = {.line = 0};
    int r = 0;

    if (s->here.file == NULL) {
        s->here.file = arena_text(s->arena, s->path, strlen(s->path));
        if (s->here.file == NULL) {
            return -ENOMEM;
        }
    }
    context.from = s->here;
    r = key_options_parse(line->options, &context, ret, &why);
    if (r == -ENOMEM) {
        return r;
    }
    if (r < 0) {
        note(s, LOG_LEVEL_DEBUG1, "%.200s:%u: bad key options: %.200s", s->path,
             s->here.line, why.text);
        return -ENOENT;
    }
    if (ret->cert_authority || !may_be_used(s, ret)) {
        return -ENOENT;
    }
    return 0;
}

static int
accept_line(struct search *s, const struct key_line *line,
            const struct key_options *options, struct keys_match *ret)
{
    uint8_t *blob = arena_alloc(s->arena, line->blob.size);
    char fingerprint[FINGERPRINT_MAX];

    if (blob == NULL) {
        return -ENOMEM;
    }
    memcpy(blob, line->blob.data, line->blob.size);
    *ret = (struct keys_match){
        .limits = options->limits,
        .blob = {blob, line->blob.size},
        .has_command = options->has_command,
    };
    public_key_fingerprint(ret->blob, fingerprint);
    note(s, LOG_LEVEL_VERBOSE, "Accepted key %s %s found at %.200s:%u",
         public_key_word(ret->blob), fingerprint, s->path, s->here.line);
    return 0;
}

/* 0, -ENOENT (look further) or -ENOMEM. */
static int
check_line(struct search *s, const char *text, size_t size,
           struct keys_match *ret)
{
    const struct wire_bytes *offered = &s->query->blob;
    struct key_options options = {0};
    struct key_line line = {0};
    int r = 0;

    switch (key_line_split(text, size, s->room, sizeof(s->room), &line)) {
    case KEY_LINE_NONE:
        return -ENOENT;
    case KEY_LINE_BAD:
        note(s, LOG_LEVEL_DEBUG1, "%.200s:%u: invalid key option string",
             s->path, s->here.line);
        return -ENOENT;
    case KEY_LINE_KEY:
        break;
    }
    if (line.blob.size != offered->size ||
        memcmp(line.blob.data, offered->data, offered->size) != 0) {
        return -ENOENT;
    }
    r = check_options(s, &line, &options);
    return r < 0 ? r : accept_line(s, &line, &options, ret);
}

static int
search_content(struct search *s, const struct content *c,
               struct keys_match *ret)
{
    const char *end = c->data + c->size;
    const char *p = c->data;
    int r = -ENOENT;

    s->here = (struct origin){0};
    while (p < end && r == -ENOENT) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        size_t size = (size_t)((newline == NULL ? end : newline) - p);

        s->here.line++;
        r = check_line(s, p, size, ret);
        p += newline == NULL ? size : size + 1;
    }
    return r;
}

static int
search_file(struct search *s, const char *pattern, struct keys_match *ret)
{
    struct content c = {.data = NULL};
    struct diag why = {.line = 0};
    int r = tokens_expand(pattern, s->query->account, s->path, &why);

    if (r < 0) {
        note(s, LOG_LEVEL_INFO, "AuthorizedKeysFile %.200s: %.200s", pattern,
             why.text);
        return -ENOENT;
    }
    r = load(s, &c);
    if (r < 0) {
        note(s, c.level, "%s", c.words.text);
        r = r == -ENOMEM ? r : -ENOENT;
    } else {
        r = search_content(s, &c, ret);
    }
    free(c.data);
    return r;
}

int
keys_find(const struct keys_query *query, struct arena *arena,
          keys_note_fn *note_fn, void *arg, struct keys_match *ret)
{
    const struct texts_setting *files = &query->settings->authorized_keys_file;
    struct search s = {
        .query = query,
        .arena = arena,
        .note = note_fn,
        .arg = arg,
    };
    int r = -ENOENT;

    if (query->blob.data == NULL) {
        return -ENOENT;
    }
    for (size_t i = 0; i < files->count && r == -ENOENT; i++) {
        r = search_file(&s, files->list[i].text, ret);
    }
    return r;
}
