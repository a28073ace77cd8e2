/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XENSTORE_SRC_VALUE_H
#define ATMAN_XENSTORE_SRC_VALUE_H

#include <atman/xenstore/value.h>

/* Stores what `text` says, `size` bytes and a NUL, where `value` wants it. AT_OK, AT_INVALID or AT_RANGE. */
at_status at_xenstore_internal_parse(const struct at_xenstore_value *value, const char *text, size_t size);

/* The text of `value`, in itself or in its variable. AT_OK, or AT_INVALID when it has none. */
at_status at_xenstore_internal_format(struct at_xenstore_value *value, const char **text, size_t *size);

#endif /* ATMAN_XENSTORE_SRC_VALUE_H */
