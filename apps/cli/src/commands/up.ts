import type { Command } from 'commander';
import type { Terminal } from '../terminal.ts';
export const addUpCommand = (_program: Command, _terminal: Terminal): void => undefined;
