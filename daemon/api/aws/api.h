/* AWS Secrets Manager, as a wire API offers itself (http/api.h). */
#ifndef GHOSTKEYD_API_AWS_API_H
#define GHOSTKEYD_API_AWS_API_H

#include "http/api.h"

extern const struct api aws_api;

#endif
