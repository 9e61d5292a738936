/* The second question about a listener: each address that it would bind. */
#include "server/monitor/listen_request.h"

struct request
listen_request(const struct listener *l, uint32_t port)
{
    return (struct request){
        .kind = REQUEST_LISTEN,
        .host = l->host,
        .port = port,
        .wants_reply = true,
    };
}

void
listen_request_keep(const struct connection *c, const struct listener *l,
                    uint32_t port, const struct msg_addresses *list,
                    struct msg_addresses *ret, struct decision *ret_why)
{
    const struct request request = listen_request(l, port);

    *ret = (struct msg_addresses){0};
    for (uint32_t i = 0; i < list->count; i++) {
        struct address a = {0};
        struct decision d = {0};

        if (msg_address_get(&list->list[i], &a) == 0) {
            d = decide_address(c->settings, &request, &a);
        }
        if (ret->count == 0) {
            *ret_why = d;
        }
        if (d.verdict == VERDICT_ALLOW) {
            ret->list[ret->count++] = list->list[i];
        }
    }
}
