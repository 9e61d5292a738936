#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "policy/arena.h"
#include "policy/endpoint.h"

#define TEXT_MAX 2000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef int parse_fn(struct arena *arena, const char *text,
                     service_port_fn *service, void *arg, struct endpoint *ret,
                     struct diag *reterr);

/* What parses prints as something that parses to the same. */
static void
check(parse_fn *parse, struct arena *arena, const char *text)
{
    struct endpoint e = {.host = NULL};
    struct endpoint again = {.host = NULL};
    struct diag err = {.text = ""};
    char printed[TEXT_MAX + 20];
    uint16_t port = 0;

    if (parse(arena, text, NULL, NULL, &e, &err) < 0) {
        assert(err.text[0] != '\0');
        assert(e.host == NULL);
        return;
    }
    endpoint_format(&e, printed, sizeof(printed));
    assert(parse(arena, printed, NULL, NULL, &again, &err) == 0);
    assert(strcmp(e.host, again.host) == 0);
    assert(e.port == again.port);
    port = e.port == 0 ? 77 : e.port;
    assert(endpoint_matches_open(&e, e.host, port));
    assert(e.port == 0 || !endpoint_matches_open(&e, e.host, port ^ 1));
    assert(e.port == 0 || !endpoint_matches_listen(&e, e.host, 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    char text[TEXT_MAX + 1];

    if (arena != NULL && size <= TEXT_MAX) {
        memcpy(text, data, size);
        text[size] = '\0';
        check(endpoint_parse_open, arena, text);
        check(endpoint_parse_listen, arena, text);
    }
    arena_free(arena);
    return 0;
}
