import type { Plugin } from 'vite';

export declare const PREBUILT_DIRECTORY: string;

export declare function providePrebuiltDirectory(): string;

export declare function prebuiltDirectoryPlugin(options: { readonly emit: boolean }): Plugin;
