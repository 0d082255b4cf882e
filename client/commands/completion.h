/*
 * Completion scripts for shells, made from the tables of commands and options. The scripts ask the
 * daemon for the names of secrets, with `ghostctl list`.
 */
#ifndef GHOSTCTL_COMPLETION_H
#define GHOSTCTL_COMPLETION_H

#include "common/buffer.h"

struct command;

void completion_write_bash(const struct command *const *commands, struct buffer *script);
void completion_write_zsh(const struct command *const *commands, struct buffer *script);
void completion_write_fish(const struct command *const *commands, struct buffer *script);

#endif
