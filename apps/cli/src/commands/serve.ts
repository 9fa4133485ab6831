import type { Command } from 'commander';
import type { Terminal } from '../terminal.ts';
export const addServeCommand = (_program: Command, _terminal: Terminal): void => undefined;
