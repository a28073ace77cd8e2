/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_IP_ARCH_SYS_ARCH_H
#define ATMAN_IP_ARCH_SYS_ARCH_H

/* The types of lwIP's seam to an operating system. The core waits for nothing and uses none of them. */

typedef struct at_ip_sem *sys_sem_t;
typedef struct at_ip_mutex *sys_mutex_t;
typedef struct at_ip_mbox *sys_mbox_t;
typedef void *sys_thread_t;

#endif /* ATMAN_IP_ARCH_SYS_ARCH_H */
