#include "broker/fault_when.h"

#define PERCENT_LIMIT 200 /* the largest multiple of 100 below 256: no byte above it is taken */

/* A digit from 0 to 99, from the stream of the rule's n-th match (contract, section 5). */
static int draw(struct keyring *keyring, const char *id, uint64_t number, uint64_t *ret_digit) {
    struct keystream *stream = keystream_start(keyring, KEYSTREAM_FAULT, span_of(id), number);
    unsigned char byte;
    int error;

    do {
        keystream_bytes(stream, &byte, 1); /* zeros after an error */
    } while (byte >= PERCENT_LIMIT);
    error = keystream_finish(stream);
    keystream_stop(stream);
    if (error != 0) {
        return error;
    }
    *ret_digit = byte % 100;
    return 0;
}

int fault_fires(const struct fault_rule *rule, uint64_t number, uint64_t fired,
        struct keyring *keyring, instant now, bool *ret_fires) {
    const struct fault_when *when = &rule->when;
    uint64_t digit = 0;
    int error;

    *ret_fires = false;
    if (number <= when->skip || fired >= when->times || now < when->from || now >= when->until ||
            (when->every != 0 && number % when->every != 0)) {
        return 0;
    }
    if (when->percent != 0) {
        error = draw(keyring, rule->id, number, &digit);
        if (error != 0) {
            return error;
        }
    }
    *ret_fires = when->percent == 0 || digit < when->percent;
    return 0;
}
