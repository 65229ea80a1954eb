const SHOWN_MAX = 40;

/** The lines that differ, as a longest-common-subsequence diff without context, cut after forty lines. */
export function differences(before, after) {
  const lines = walk(before.split('\n'), after.split('\n'));
  const rest = lines.length - SHOWN_MAX;
  return rest > 0 ? [...lines.slice(0, SHOWN_MAX), `… and ${rest} more lines`] : lines;
}

function walk(left, right) {
  const common = commonLengths(left, right);
  const lines = [];
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    if (i < left.length && left[i] === right[j]) {
      i++;
      j++;
    } else if (j === right.length || (i < left.length && common[i + 1][j] >= common[i][j + 1])) {
      lines.push(`- ${left[i++]}`);
    } else {
      lines.push(`+ ${right[j++]}`);
    }
  }
  return lines;
}

/** common[i][j] is how many lines left[i…] and right[j…] have in common, in order. */
function commonLengths(left, right) {
  const common = Array.from({ length: left.length + 1 }, () => new Uint32Array(right.length + 1));
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      common[i][j] = left[i] === right[j] ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
    }
  }
  return common;
}
