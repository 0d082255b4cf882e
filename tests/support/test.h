/*
 * cmocka needs these four headers before its own.
 */
#ifndef GHOSTKEY_TESTS_SUPPORT_TEST_H
#define GHOSTKEY_TESTS_SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
