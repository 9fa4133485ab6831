import { runServices } from '@taxon/service';
import { tokenizerService } from './service.ts';

process.exitCode = await runServices([tokenizerService]);
