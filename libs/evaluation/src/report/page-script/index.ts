import { heatMapScript } from './heat-map-script.ts';
import { sweepScript } from './sweep-script.ts';
import { tableScript } from './table-script.ts';
import { tipScript } from './tip-script.ts';

/**
 * The page's script: plain JavaScript as text, because it runs in a browser and the bundles that carry it know none. Each part stands
 * alone; the heat map asks the tables for a filter by an event.
 */
export const pageScript = [tableScript, heatMapScript, sweepScript, tipScript]
  .map((part) => `(() => {'use strict';${part}})();`)
  .join('\n');
