export { peerPython, preparePeerEnvironment, type PeerEnvironment } from './peer-environment.ts';
