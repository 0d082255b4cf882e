/* Says why the daemon refused, naming the options as they were typed. */
#ifndef GHOSTCTL_TYPED_H
#define GHOSTCTL_TYPED_H

#include "common/buffer.h"

/* Follows where a secret has the strategy 'none'. */
#define TYPED_STRATEGY_ADVICE "'ghostctl update NAME --strategy token' gives it another one"

/*
 * Appends `detail`, the daemon's sentence. If it begins with a part of the request ("member
 * 'rotation.length'"), that part is named as it was typed ("'--length 5000'"). A part that was not
 * typed is omitted where the rest is a sentence.
 *
 * This function is a broker_wording; `userdata` points to a struct invocation.
 */
void typed_append(const void *userdata, const char *detail, struct buffer *shown);

#endif
