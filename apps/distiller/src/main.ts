import { runServices } from '@taxon/service';
import { distillerService } from './service.ts';

process.exitCode = await runServices([distillerService]);
