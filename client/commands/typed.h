/* The daemon's reason for a refusal, in the words of the command line. */
#ifndef GHOSTCTL_TYPED_H
#define GHOSTCTL_TYPED_H

#include "command.h"

/*
 * Appends `detail`, the sentence of a problem document. If it begins with the part of the request
 * that it is about ("member 'rotation.length'"), that part is named as it was typed ("'--length
 * 5000'"). A part that was not typed is left out where the sentence is whole without it.
 */
void typed_append(const struct invocation *invocation, const char *detail, struct buffer *shown);

#endif
