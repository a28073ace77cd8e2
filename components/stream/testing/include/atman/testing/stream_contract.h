/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TESTING_STREAM_CONTRACT_H
#define ATMAN_TESTING_STREAM_CONTRACT_H

/*
 * The contract suite of <atman/stream/stream.h>: what every stream must do, for its tests on the host and for a kernel
 * on real Xen. It needs both ends of a connection; every case needs a fresh one.
 */

#include <stddef.h>

#include <atman/stream/stream.h>
#include <atman/testing/contract.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a case runs on. */
struct at_stream_contract_env {
    struct at_stream a, b; /* the two ends, connected */

    /* Lets what is under way between the ends go on, for both; called until something happens. NULL: nothing to do. */
    void (*turn)(void *ctx);
    void *ctx;
};

/* The cases, for AtRegisterContract() and at_contract_run(); `env` is a struct at_stream_contract_env. */
extern const struct at_contract_case at_stream_contract[];
extern const size_t at_stream_contract_count;

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_TESTING_STREAM_CONTRACT_H */
