/*
 * What a wire API derives from the seed (contract, section 5): tokens, ids, passwords. The same
 * texts always give the same stream, and other texts an unrelated one.
 */
#ifndef GHOSTKEYD_BROKER_DERIVE_H
#define GHOSTKEYD_BROKER_DERIVE_H

#include "broker/keystream.h"

struct broker;

/*
 * Starts the stream that is derived from the parts, whose texts stand in `info` in this order, a
 * zero byte behind each, and then the number of the block:
 *
 *   const struct span parts[] = {SPAN_LITERAL("vault-token"), number};
 *   struct keystream *stream = broker_derive(broker, parts, 2);
 *
 *   keystream_characters(stream, ALPHABET_ALNUM, 24, &token);
 *   error = keystream_finish(stream);
 *   keystream_stop(stream);
 *
 * There is one stream at a time: it ends with the next one, and with any verb of the broker. The
 * first part says what the stream is for. "value", "version-id" and "fault" are the broker's own.
 */
struct keystream *broker_derive(struct broker *broker, const struct span *parts, size_t count);

#endif
