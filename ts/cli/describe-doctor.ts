import type { DoctorFinding, DoctorReport } from '../doctor.ts';

/** The report of `pagefold doctor` for people. */
export function describeDoctor(report: DoctorReport): string {
  const { pagefold, platform, arch, kernel, runtime, pageByteLength, tracker } = report;
  const lines = [
    `pagefold ${pagefold ?? '(no addon)'} on ${platform}-${arch}, ${runtime.name} ${runtime.version}` +
      `${kernel === undefined ? '' : `, kernel ${kernel}`}` +
      `${pageByteLength === undefined ? '' : `, pages of ${pageByteLength} bytes`}`,
    '',
    report.supported ? `Works here, with the tracker ${tracker}.` : `Does not work here: ${report.reason}`,
    ...section('Trackers, best first', report.trackers),
    ...section('Capabilities', report.capabilities),
  ];
  return `${lines.join('\n')}\n`;
}

function section(title: string, findings: readonly DoctorFinding[]): string[] {
  if (findings.length === 0) return [];
  const width = Math.max(...findings.map(({ name }) => name.length));
  const line = ({ name, available, reason }: DoctorFinding): string =>
    `  ${available ? 'yes' : 'no '}  ${name.padEnd(width)}${reason === undefined ? '' : `  ${reason}`}`;
  return ['', `${title}:`, ...findings.map(line)];
}
