/* From a pattern to what it may mean. */
#include "server/ctl/examples.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ELEMENT_MAX 1024

/* text with each '*' replaced, and 'x' or '1' for each '?'. */
static void
fill_in(const char *text, const char *star, char mark, char *out, size_t size)
{
    size_t used = 0;

    for (; *text != '\0' && used + strlen(star) + 1 < size; text++) {
        if (*text == '*') {
            used += (size_t)snprintf(out + used, size - used, "%s", star);
        } else {
            out[used++] = *text == '?' ? mark : *text;
        }
    }
    out[used] = '\0';
}

void
examples_of_pattern(struct name_set *set, const char *pattern)
{
    char text[ELEMENT_MAX];

    if (strcmp(pattern, "*") != 0) { /* the unnamed one is an example */
        fill_in(pattern, "x", 'x', text, sizeof(text));
        name_set_add(set, text);
    }
}

static void
add_address(struct name_set *set, const struct address *a)
{
    char text[ADDRESS_TEXT_MAX];

    address_format(a, text);
    name_set_add(set, text);
}

/* One more or one less; false at the end of all addresses. */
static bool
step(struct address *a, int by)
{
    size_t size = a->family == ADDRESS_V4 ? 4 : 16;
    uint8_t wraps_to = by > 0 ? 0 : 255;

    for (size_t i = size; i > 0; i--) {
        a->bytes[i - 1] = (uint8_t)(a->bytes[i - 1] + by);
        if (a->bytes[i - 1] != wraps_to) {
            return true;
        }
    }
    return false;
}

static struct address
last_of(const struct network *network)
{
    struct address a = network->base;
    size_t bits = a.family == ADDRESS_V4 ? 32 : 128;

    for (size_t i = network->bits; i < bits; i++) {
        a.bytes[i / 8] |= (uint8_t)(0x80U >> (i % 8));
    }
    return a;
}

void
examples_of_network(struct name_set *set, const struct network *network)
{
    struct address first = network->base;
    struct address last = last_of(network);

    add_address(set, &first);
    add_address(set, &last);
    if (step(&first, -1)) {
        add_address(set, &first);
    }
    if (step(&last, 1)) {
        add_address(set, &last);
    }
}

static void
add_port(struct name_set *set, unsigned port)
{
    char text[8];

    if (port >= 1 && port <= UINT16_MAX) {
        snprintf(text, sizeof(text), "%u", port);
        name_set_add(set, text);
    }
}

/* Of all ports the unnamed one is the example. */
void
examples_of_ports(struct name_set *set, struct port_range range)
{
    if (range.first <= 1 && range.last == UINT16_MAX) {
        return;
    }
    add_port(set, range.first);
    add_port(set, range.last);
    add_port(set, range.first - 1U);
    add_port(set, range.last + 1U);
}

/* "10.*": a few stars are worth more than one number. */
static bool
add_by_pattern(struct name_set *set, const char *pattern)
{
    static const char *const stars[] = {"1", "1.1", "1.1.1", "1.1.1.1", "1::1"};
    char text[ELEMENT_MAX];
    struct address a;

    for (size_t i = 0; i < sizeof(stars) / sizeof(stars[0]); i++) {
        fill_in(pattern, stars[i], '1', text, sizeof(text));
        if (address_parse(text, &a) == 0) {
            add_address(set, &a);
            return true;
        }
    }
    return false;
}

static void
add_by_address(struct name_set *set, struct name_set *names, const char *text)
{
    struct network network;
    struct address a;
    struct diag ignored;

    if (network_parse(text, strlen(text), &network, &ignored) == 0) {
        examples_of_network(set, &network);
    } else if (address_parse(text, &a) == 0) {
        network = network_of(&a);
        examples_of_network(set, &network);
    } else if (!add_by_pattern(set, text) && names != NULL) {
        examples_of_pattern(names, text);
    }
}

/* The next element of a list at *p, without '!'; false at its end. */
static bool
next_element(const char **p, char out[ELEMENT_MAX])
{
    size_t size = strcspn(*p, ",");

    if (**p == '\0') {
        return false;
    }
    snprintf(out, ELEMENT_MAX, "%.*s",
             (int)(size < ELEMENT_MAX ? size : ELEMENT_MAX - 1), *p);
    if (out[0] == '!') {
        memmove(out, out + 1, strlen(out));
    }
    *p += size + ((*p)[size] == ',' ? 1 : 0);
    return true;
}

void
examples_of_list(struct name_set *set, const char *list)
{
    char element[ELEMENT_MAX];

    while (next_element(&list, element)) {
        examples_of_pattern(set, element);
    }
}

void
examples_of_addresses(struct name_set *set, struct name_set *names,
                      const char *list)
{
    char element[ELEMENT_MAX];

    while (next_element(&list, element)) {
        add_by_address(set, names, element);
    }
}
