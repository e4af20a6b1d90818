#ifndef CSHA256_H
#define CSHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Whether this processor has instructions for SHA-256 and `csha256_compress` uses them.
bool csha256_is_available(void);

/// Works through `count` blocks of 64 bytes, which need no alignment. `state` holds the eight words of FIPS 180-4, 6.2.
///
/// To be called only where `csha256_is_available` says true; elsewhere the process ends with an illegal instruction.
void csha256_compress(uint32_t *state, const uint8_t *blocks, size_t count);

#endif
