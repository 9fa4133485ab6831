import { runServices } from '@taxon/service';
import { inferenceService } from './service.ts';

process.exitCode = await runServices([inferenceService]);
