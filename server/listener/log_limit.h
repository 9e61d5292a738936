#ifndef SERVER_LISTENER_LOG_LIMIT_H
#define SERVER_LISTENER_LOG_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * How often a line that strangers cause may be written, by sshd's rules: an
 * event fills a bucket that loses one a second.  From burst events on the
 * lines are held back, but for one in every_s seconds, until the bucket has
 * been below burst for calm_s seconds.
 */
struct log_limit {
    unsigned burst, depth; /* the bucket holds at most depth */
    unsigned calm_s, every_s;

    unsigned level; /* of the bucket */
    uint64_t last_s;
    bool is_limiting;
    bool is_calming;
    uint64_t calm_since_s;
    uint64_t told_s;
    unsigned held_back;
};

/*
 * One more event; now_s never goes back.  May its line be written?  Then
 * ret_held_back tells how many were not, and is to be told unless it is 0.
 */
bool log_limit_allows(struct log_limit *l, uint64_t now_s,
                      unsigned *ret_held_back);

#endif
