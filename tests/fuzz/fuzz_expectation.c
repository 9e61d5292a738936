/*
 * Files of policy tests.  What was read from a line is read from its text
 * again, a request survives being written down, and each mistake is told with
 * its line.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "server/ctl/expectation.h"
#include "server/ctl/forward_spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
note(void *arg, const struct diag *diag)
{
    unsigned *count = arg;

    assert(diag->line > 0 && diag->text[0] != '\0');
    assert(strcmp(diag->file, "f") == 0);
    (*count)++;
}

static bool
same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
same_request(const struct request *a, const struct request *b)
{
    return a->kind == b->kind && a->port == b->port &&
           same_text(a->host, b->host) && same_text(a->path, b->path);
}

static void
check_format(struct arena *arena, const struct request *req)
{
    struct printout out = {0};
    struct request again = {0};
    struct diag diag = {0};
    char *where = NULL;

    forward_spec_format(req, &out);
    assert(!out.failed);
    where = strchr(out.text, ' ');
    *where++ = '\0';
    assert(forward_spec_parse(arena, out.text, where, NULL, &again, &diag) ==
           0);
    assert(same_request(req, &again));
    printout_done(&out);
}

static void
check_text(struct arena *arena, const struct expectation *e)
{
    const struct source source = {"f", e->text, strlen(e->text)};
    const struct expectation *again = NULL;
    unsigned complaints = 0;

    assert(expectation_read_all(arena, &source, NULL, note, &complaints,
                                &again) == 0);
    assert(again != NULL && again->next == NULL && again->from.line == 1);
    assert(again->allow == e->allow);
    assert(same_request(&again->request, &e->request));
    assert(same_text(again->person.user, e->person.user));
    assert(again->person.group_count == e->person.group_count);
    assert(again->person.address_count == e->person.address_count);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct source source = {"f", (const char *)data, size};
    struct arena *arena = arena_new();
    const struct expectation *list = NULL;
    unsigned complaints = 0, line = 0;
    int r = 0;

    assert(arena != NULL);
    r = expectation_read_all(arena, &source, NULL, note, &complaints, &list);
    assert(r == -ENOMEM || (r == 0) == (complaints == 0));
    for (; list != NULL; list = list->next) {
        assert(list->from.line > line);
        line = list->from.line;
        check_format(arena, &list->request);
        check_text(arena, list);
    }
    arena_free(arena);
    return 0;
}
