#ifndef POLICY_PORT_SET_H
#define POLICY_PORT_SET_H

#include <stdbool.h>
#include <stdint.h>

/* first <= last, both included, host order. */
struct port_range {
    uint16_t first, last;
};

#define PORT_RANGE_ALL ((struct port_range){0, UINT16_MAX})

/* Read "8000", or "8000-8099".  False unless 1 <= first <= last <= 65535. */
bool port_range_parse(const char *text, struct port_range *ret);

bool port_range_holds(const struct port_range *range, uint32_t port);

/* Any set of ports but 0, which is never in it.  8 KiB of plain data. */
struct port_set {
    uint8_t bits[8192];
};

void port_set_add(struct port_set *set, struct port_range range);
void port_set_remove(struct port_set *set, struct port_range range);
bool port_set_holds(const struct port_set *set, uint16_t port);

/* Is everything from first to 65535 in it?  Then the kernel may choose. */
bool port_set_is_all_from(const struct port_set *set, uint16_t first);

/*
 * The first port of the set at or after start, going on behind 65535 at the
 * beginning; 0 when the set is empty.
 */
uint16_t port_set_next(const struct port_set *set, uint16_t start);

#endif
