/* SPDX-License-Identifier: ISC */
#include <atman/base/status.h>

#include <atman/base/bits.h>

/* Fixed-width rows: no pointers to store or to relocate. Indexed by the negated status. */
static const char names[][16] = {
    [-AT_OK] = "AT_OK",
    [-AT_INVALID] = "AT_INVALID",
    [-AT_NO_MEMORY] = "AT_NO_MEMORY",
    [-AT_NO_SPACE] = "AT_NO_SPACE",
    [-AT_NOT_FOUND] = "AT_NOT_FOUND",
    [-AT_EXISTS] = "AT_EXISTS",
    [-AT_BUSY] = "AT_BUSY",
    [-AT_AGAIN] = "AT_AGAIN",
    [-AT_TIMED_OUT] = "AT_TIMED_OUT",
    [-AT_CLOSED] = "AT_CLOSED",
    [-AT_DENIED] = "AT_DENIED",
    [-AT_PROTOCOL] = "AT_PROTOCOL",
    [-AT_UNSUPPORTED] = "AT_UNSUPPORTED",
    [-AT_RANGE] = "AT_RANGE",
    [-AT_IO] = "AT_IO",
    [-AT_TOO_BIG] = "AT_TOO_BIG",
    [-AT_CANCELLED] = "AT_CANCELLED",
    [-AT_DEADLOCK] = "AT_DEADLOCK",
    [-AT_QUOTA] = "AT_QUOTA",
};

const char *at_status_name(at_status status)
{
    const int lowest = 1 - (int)AT_COUNT_OF(names);

    return status > 0 || status < lowest ? "AT_UNKNOWN" : names[-status];
}
