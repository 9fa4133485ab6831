export { findEngine, type Engine } from './find-engine.ts';
export { fetchWheel } from './libraries.ts';
export { installEngine, type InstallEngineOptions, type InstalledEngine } from './install-engine.ts';
export { engineNames, type EngineName } from './pins.ts';
