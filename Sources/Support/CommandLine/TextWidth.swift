/// How texts lie in the columns of a terminal.
extension String {
  /// Columns that the text takes: two for East Asian wide characters and emoji, none for marks that
  /// combine with what is before.
  package var width: Int { unicodeScalars.reduce(0) { $0 + $1.width } }

  /// The text in at most so many columns, the end of a longer one replaced by `…`.
  package func cut(to columns: Int) -> String {
    guard width > columns else { return self }
    var result = String.UnicodeScalarView()
    var used = 1
    for scalar in unicodeScalars {
      used += scalar.width
      if used > columns { break }
      result.append(scalar)
    }
    return String(result) + "…"
  }
}

extension Unicode.Scalar {
  /// After Unicode's EastAsianWidth.txt, whose wide blocks these are.
  fileprivate var width: Int {
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return 0
    default: break
    }
    switch value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
      0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF,
      0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }
}
