#ifndef POLICY_NUMBER_H
#define POLICY_NUMBER_H

#include <stdint.h>

/*
 * A decimal number as strtonum(3) takes it, because sshd reads its numbers
 * with that: leading white space and one sign are no mistake, anything behind
 * the digits is.
 * Returns 0; -EINVAL when it is no number; -EDOM below 0; -ERANGE above max.
 */
int number_read(const char *text, uint64_t max, uint64_t *ret);

/* Digits at *p, which moves behind them; saturates just above max. */
uint64_t number_digits(const char **p, uint64_t max);

#endif
