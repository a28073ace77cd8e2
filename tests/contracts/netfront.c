/* SPDX-License-Identifier: ISC */
/* The contract of netdev, kept by netfront with Linux's netback at the other end; opened and closed again and again. */

#include <atman/base/bits.h>
#include <atman/guest.h>
#include <atman/netfront/netfront.h>
#include <atman/testing/netdev_contract.h>
#include <atman/xen/grant.h>

#include <stdio.h>

#include "runner.h"

#define SECOND 1000000000u
#define RX_BUFFERS 64
#define TX_BUFFERS 64
#define SLOTS 128
#define REOPENINGS 3

static struct at_netfront device;
static struct at_netfront_buffer buffers[RX_BUFFERS + TX_BUFFERS];
static struct at_netfront_slot slots[SLOTS];
static _Alignas(4096) uint8_t memory[AT_NETDEV_CONTRACT_MEMORY];
static uint32_t grants_of_memory[AT_NETDEV_CONTRACT_MEMORY / 4096];

static uint64_t soon(void *ctx)
{
    (void)ctx;
    return at_wait_now(at_guest_wait()) + SECOND / 2;
}

static unsigned run_once(void)
{
    const struct at_netfront_config config = {
        .store = at_guest_xenstore(),
        .events = at_guest_events(),
        .grants = at_guest_grants(),
        .pages = at_guest_pages(),
        .wait = at_guest_wait(),
        .buffers = buffers,
        .rx_buffers = RX_BUFFERS,
        .tx = at_netfront_tx(),
        .slots = slots,
        .shared = {memory, AT_COUNT_OF(grants_of_memory), grants_of_memory},
        .offload = at_netfront_offload(),
        .tx_buffers = TX_BUFFERS,
        .tx_slots = SLOTS,
        .features = AT_NETFRONT_SG | AT_NETFRONT_CSUM | AT_NETFRONT_GSO4 | AT_NETFRONT_GSO6,
        .timeout_ns = 10ull * SECOND,
    };
    struct at_netdev_contract_env env = {.memory = memory, .deadline_ns = soon};
    uint32_t grants = at_xen_grants_available(config.grants);
    at_status status = at_netfront_open(&device, &config);
    unsigned failed;

    if (status != AT_OK) {
        printf("FAIL Open %s in phase %d\n", at_status_name(status), (int)at_netfront_phase(&device));
        return 1;
    }
    env.dev = at_netfront_netdev(&device);
    failed = run_contract(at_netdev_contract, at_netdev_contract_count, &env);
    status = at_netfront_close(&device, at_wait_now(config.wait) + 5ull * SECOND);
    if (status != AT_OK || at_xen_grants_available(config.grants) != grants) {
        printf("FAIL Close %s, %u of %u grants back\n", at_status_name(status),
               (unsigned)at_xen_grants_available(config.grants), (unsigned)grants);
        failed++;
    }
    return failed;
}

int main(void)
{
    unsigned failed = 0;

    for (int i = 0; i < REOPENINGS && failed == 0; i++)
        failed = run_once();
    return (int)failed;
}
