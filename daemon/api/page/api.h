/* The page for people (contract, section 12), as HTTP uses it. */
#ifndef GHOSTKEYD_API_PAGE_API_H
#define GHOSTKEYD_API_PAGE_API_H

#include "http/api.h"

extern const struct api page_api;

#endif
