/// What a server asks for with status 401: one challenge of a WWW-Authenticate field (RFC 9110 11.6.1).
struct Challenge: Hashable, Sendable {
    /// Lower case: `bearer`, `basic`.
    let scheme: String
    /// Names in lower case.
    let parameters: [String: String]

    /// The most bytes of a field that are read.
    private static let limit = 8192

    /// All challenges of a field; several may stand in one, and what cannot be read ends the list.
    static func list(_ field: String) -> [Challenge] {
        guard field.utf8.count <= limit else { return [] }
        var scanner = Scanner(rest: Substring(field))
        var challenges: [Challenge] = []
        var scheme = scanner.token()
        while let current = scheme {
            scheme = nil
            var parameters: [String: String] = [:]
            scanner.skipSpace()
            while let name = scanner.token() {
                scanner.skipSpace()
                guard scanner.take("=") else {
                    // No parameter but the next challenge's scheme.
                    scheme = name
                    break
                }
                scanner.skipSpace()
                guard let value = scanner.value() else { break }
                // Of two with one name the first counts.
                if parameters[name.lowercased()] == nil { parameters[name.lowercased()] = value }
                scanner.skipSpace()
                guard scanner.take(",") else { break }
                scanner.skipSeparators()
            }
            challenges.append(Challenge(scheme: current.lowercased(), parameters: parameters))
        }
        return challenges
    }

    private struct Scanner {
        var rest: Substring

        mutating func skipSpace() { rest = rest.drop { $0 == " " || $0 == "\t" } }
        mutating func skipSeparators() { rest = rest.drop { $0 == " " || $0 == "\t" || $0 == "," } }

        mutating func take(_ character: Character) -> Bool {
            guard rest.first == character else { return false }
            rest = rest.dropFirst()
            return true
        }

        mutating func token() -> String? {
            let found = rest.prefix { character in
                character.isASCII && (character.isLetter || character.isNumber || "!#$%&'*+-.^_`|~".contains(character))
            }
            rest = rest[found.endIndex...]
            return found.isEmpty ? nil : String(found)
        }

        mutating func value() -> String? {
            guard take("\"") else { return token() }
            var text = ""
            while let character = rest.popFirst() {
                switch character {
                case "\"": return text
                case "\\": if let next = rest.popFirst() { text.append(next) }
                default: text.append(character)
                }
            }
            return nil
        }
    }
}
