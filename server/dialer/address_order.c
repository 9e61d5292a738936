#include "server/dialer/address_order.h"

/* The first address from "at" on that is of the first one's family, or that is
 * not; list->count when there is none. */
static uint32_t
find(const struct msg_addresses *list, uint32_t at, bool is_first_family)
{
    while (at < list->count &&
           (list->list[at].family == list->list[0].family) != is_first_family) {
        at++;
    }
    return at;
}

void
address_order(const struct msg_addresses *list, uint8_t ret[LIMIT_ADDRESSES])
{
    uint32_t next[2] = {find(list, 0, false), find(list, 0, true)};
    bool turn = true; /* of the first family */

    for (uint32_t i = 0; i < list->count; i++) {
        if (next[turn] == list->count) {
            turn = !turn;
        }
        ret[i] = (uint8_t)next[turn];
        next[turn] = find(list, next[turn] + 1, turn);
        turn = !turn;
    }
}
