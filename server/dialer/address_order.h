#ifndef SERVER_DIALER_ADDRESS_ORDER_H
#define SERVER_DIALER_ADDRESS_ORDER_H

#include "server/ipc/msg.h"

/*
 * In which order to try the addresses of one host (RFC 8305 section 4): the
 * resolver has sorted them (RFC 6724), here the families take turns, that of
 * the first address first.  Within a family the order stays.
 *
 * ret     so many indexes into list->list as there are addresses.
 */
void address_order(const struct msg_addresses *list,
                   uint8_t ret[LIMIT_ADDRESSES]);

#endif
