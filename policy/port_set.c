/* Ports: ranges of them, and sets of any shape. */
#include "policy/port_set.h"

#include "policy/number.h"

/* Digits at *p; 0 unless they make a port. */
static uint16_t
take_port(const char **p)
{
    uint64_t value = number_digits(p, UINT16_MAX);

    return value <= UINT16_MAX ? (uint16_t)value : 0;
}

bool
port_range_parse(const char *text, struct port_range *ret)
{
    const char *p = text;
    struct port_range range = {0};

    range.first = take_port(&p);
    range.last = range.first;
    if (range.first != 0 && *p == '-') {
        p++;
        range.last = take_port(&p);
    }
    if (*p != '\0' || range.first == 0 || range.last < range.first) {
        return false;
    }
    *ret = range;
    return true;
}

bool
port_range_holds(const struct port_range *range, uint32_t port)
{
    return port >= range->first && port <= range->last;
}

void
port_set_add(struct port_set *set, struct port_range range)
{
    for (uint32_t port = range.first; port <= range.last; port++) {
        if (port % 8 == 0 && port + 7 <= range.last) {
            set->bits[port / 8] = 0xff;
            port += 7;
        } else {
            set->bits[port / 8] |= (uint8_t)(1u << (port % 8));
        }
    }
    set->bits[0] &= 0xfe;
}

void
port_set_remove(struct port_set *set, struct port_range range)
{
    for (uint32_t port = range.first; port <= range.last; port++) {
        if (port % 8 == 0 && port + 7 <= range.last) {
            set->bits[port / 8] = 0;
            port += 7;
        } else {
            set->bits[port / 8] &= (uint8_t) ~(1u << (port % 8));
        }
    }
}

bool
port_set_holds(const struct port_set *set, uint16_t port)
{
    return (set->bits[port / 8] >> (port % 8) & 1) != 0;
}

bool
port_set_is_all_from(const struct port_set *set, uint16_t first)
{
    for (uint32_t port = first > 0 ? first : 1; port <= UINT16_MAX; port++) {
        if (!port_set_holds(set, (uint16_t)port)) {
            return false;
        }
    }
    return true;
}

uint16_t
port_set_next(const struct port_set *set, uint16_t start)
{
    for (uint32_t i = 0; i <= UINT16_MAX; i++) {
        uint16_t port = (uint16_t)(start + i);

        if (port_set_holds(set, port)) {
            return port;
        }
    }
    return 0;
}
