import { runServices } from '@taxon/service';
import { trainerService } from './service.ts';

process.exitCode = await runServices([trainerService]);
