/* The daemon's reason for a refusal, in the words of the command line. */
#ifndef GHOSTCTL_TYPED_H
#define GHOSTCTL_TYPED_H

#include "common/buffer.h"

/*
 * Appends `detail`, the sentence of a problem document. If the sentence begins with a part of the
 * request ("member 'rotation.length'"), that part is named as it was typed ("'--length 5000'"). A
 * part that was not typed is left out if the sentence is whole without it.
 *
 * `userdata` is the struct invocation: this is a broker_wording.
 */
void typed_append(const void *userdata, const char *detail, struct buffer *shown);

#endif
