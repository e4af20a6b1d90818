// Calls of Linux that the C library declares for programs with _GNU_SOURCE alone, and so not for Swift's Glibc module.
#ifndef SLIPWAY_LINUX_H
#define SLIPWAY_LINUX_H

#ifdef __linux__

// sync_file_range(2)
extern int sync_file_range(int fd, long long offset, long long nbytes, unsigned int flags);

enum { slipway_sync_file_range_write = 2 };

#endif

#endif
