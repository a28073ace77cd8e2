/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_GUEST_IP_H
#define ATMAN_GUEST_IP_H

/* The TCP/IP stack on everything that a guest has: a composition, as an application could write it for itself. */

#ifdef __cplusplus
extern "C" {
#endif

struct at_ip;
struct at_netfront;

/*
 * at_guest_ip returns the stack (<atman/ip/ip.h>) with an interface for each of the guest's network devices, made at
 * the first call: opened, their addresses as the words `ip=`, `gw=` and `dns=` of `words` say (<atman/ip/settings.h>;
 * main's argv will do, NULL: none), else the `ip` that the toolstack wrote for the device, else DHCP. Somebody must
 * at_ip_run() it; where there are threads, ask for at_guest_sched() first.
 *
 * How much memory it takes follows from how much the guest has: an eighth for what is received, and an eighth for what
 * is sent, up to 512 KiB each.
 *
 * Blocks until the devices are connected, 10 seconds at most. A guest without a device, or with words that cannot be
 * understood, ends with a panic that says so.
 */
struct at_ip *at_guest_ip(char *const *words);

/* at_guest_ip_device returns the driver of device/vif/`index`, or NULL where at_guest_ip() has found none. */
struct at_netfront *at_guest_ip_device(unsigned index);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_GUEST_IP_H */
