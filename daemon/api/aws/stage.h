/*
 * Staging labels: how AWS calls the stages of a version, and which versions bear them.
 */
#ifndef GHOSTKEYD_API_AWS_STAGE_H
#define GHOSTKEYD_API_AWS_STAGE_H

#include "api/aws/target.h"

#define AWSCURRENT SPAN_LITERAL("AWSCURRENT")
#define AWSPENDING SPAN_LITERAL("AWSPENDING")
#define AWSPREVIOUS SPAN_LITERAL("AWSPREVIOUS")

/* How many labels a version may have, those of stages included. */
#define VERSION_LABELS_MAX 20

/* A LimitExceededException: the version would have more. */
int refuse_labels(struct problem *problem);

/* Whether a label is one of GhostKey's stages. */
bool stage_of_label(struct span label, enum stage *ret_stage);

/* An InvalidParameterException: the label is spelled like a stage of GhostKey's. */
int check_label(struct span label, struct problem *problem);

/* The number of the version that bears the label; 0: none. */
int number_of_label(
        struct call *call, const struct secret *secret, struct span label, uint64_t *ret_number);

/* The same by its VersionId. */
int number_of_id(
        struct call *call, const struct secret *secret, struct span id, uint64_t *ret_number);

/* Whether the version bears any label. */
bool bears_labels(const struct secret *secret, const struct version *version);

/* How many it bears. */
size_t count_labels(const struct secret *secret, const struct version *version);

/* `["AWSCURRENT",...]` */
void append_labels(
        struct buffer *buffer, const struct secret *secret, const struct version *version);

/* The VersionId in quotes. */
int append_version_id(
        struct call *call, struct buffer *buffer, struct span name, const struct version *version);

#endif
