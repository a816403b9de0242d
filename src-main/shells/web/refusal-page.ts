import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { securityHeaders } from '../../host/window-files';

/** Why the window is refused, and what the person can do. */
export interface Refusal {
  readonly title: string;
  readonly text: string;
  readonly steps: readonly string[];
}

const GET_A_LINK: readonly string[] = [
  'In a window of Ingot that is open: choose Settings, then “Link for another browser”.',
  'Or in a terminal: run `ingot link`, and open the address that it prints.',
];

export const VOID_LINK: Refusal = {
  title: 'This link is no longer valid',
  text: 'A link opens Ingot once, within ten minutes. Ingot is running, and you can get a new link without restarting it.',
  steps: GET_A_LINK,
};

export const NO_SESSION: Refusal = {
  title: 'Open Ingot with a link',
  text: 'Ingot is running, but does not know this browser. A link opens it here: once, within ten minutes.',
  steps: GET_A_LINK,
};

export const wrongAddress = (origin: string): Refusal => ({
  title: 'Use another address',
  text: `This address is not for other sites. Ingot answers at ${origin}.`,
  steps: [],
});

/** Answers with 403: a page for a browser, plain text for a program. */
export function refuse(request: FastifyRequest, reply: FastifyReply, refusal: Refusal): FastifyReply {
  if (!request.headers.accept?.includes('text/html')) {
    const text = [`${refusal.title}. ${refusal.text}`, ...refusal.steps].join('\n');
    return reply.code(403).type('text/plain; charset=utf-8').send(`${text}\n`);
  }
  const nonce = randomBytes(16).toString('base64');
  const policy = `default-src 'none'; style-src 'nonce-${nonce}'; frame-ancestors 'none'`;
  return reply
    .code(403)
    .headers({ ...securityHeaders(policy), 'cache-control': 'no-store' })
    .type('text/html; charset=utf-8')
    .send(compose(refusal, nonce));
}

/** Looks like the window, whose own files only sessions can load. */
function compose({ title, text, steps }: Refusal, nonce: string): string {
  const list = steps.map(
    (step) => `<li>${escapeText(step).replaceAll(/`([^`]+)`/g, '<code>$1</code>')}</li>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeText(title)} · Ingot</title>
<style nonce="${nonce}">
:root { color-scheme: dark light; --ground: #0d0e10; --panel: #131417; --line: #25282d; --text: #eceef1; --dim: #a9afb9; }
@media (prefers-color-scheme: light) { :root { --ground: #f3f4f5; --panel: #fff; --line: #e2e4e8; --text: #15181c; --dim: #4d545e; } }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--ground); color: var(--text); font: 14px/1.5 Inter, system-ui, sans-serif; }
main { box-sizing: border-box; width: min(560px, 100vw - 32px); padding: 28px 32px; border: 1px solid var(--line); border-radius: 8px; background: var(--panel); }
svg { width: 32px; height: 32px; }
h1 { margin: 12px 0 8px; font-size: 20px; line-height: 1.3; font-weight: 600; }
p, ul { margin: 0 0 12px; color: var(--dim); }
ul { padding-left: 20px; margin-bottom: 0; color: var(--text); }
li { margin: 4px 0; }
code { font: 13px "JetBrains Mono", ui-monospace, monospace; }
</style>
</head>
<body>
<main>
<svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="7" fill="#16181b"/><path d="M10.2 9.5h11.6L26 22.5H6z" fill="#d9b15f"/><path d="M10.2 9.5h11.6l1.1 3.4H9.1z" fill="#f2d692"/></svg>
<h1>${escapeText(title)}</h1>
<p>${escapeText(text)}</p>
${list.length === 0 ? '' : `<ul>${list.join('')}</ul>`}
</main>
</body>
</html>
`;
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
