#ifndef SERVER_LISTENER_STARTUPS_H
#define SERVER_LISTENER_STARTUPS_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/settings.h"

/*
 * MaxStartups, sshd's random early drop: must a client go, beside so many
 * waiting ones that have not logged in?  dice is 0..99, each as likely.
 */
bool startups_drop(const struct startups_setting *s, size_t waiting,
                   unsigned dice);

#endif
