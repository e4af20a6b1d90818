import Diagnostics
import TopologySpec
import Values

/// Resolves `pki:`.
struct PKIResolver {
    let spec: PKISpec

    func resolve(machineNames: Set<String>, _ report: inout Report) -> PKISettings {
        PKISettings(
            lifetimes: lifetimes(&report), subject: subject(&report), generations: generations(machineNames, &report))
    }

    private func lifetimes(_ report: inout Report) -> PKISettings.Lifetimes {
        let defaults: [String: Lifetime] = [
            "root": .days(3650), "intermediate": .days(1825), "issuing": .days(1095), "leaf": .days(365),
        ]
        var values: [String: Lifetime] = [:]
        for tier in PKISpec.tiers {
            let fallback = defaults[tier] ?? .days(365)
            values[tier] = SettingParser.value(
                spec.lifetimes[tier], "pki.lifetimes.\(tier)", default: fallback, expected: "a lifetime",
                example: "\(fallback)", &report
            ) { Lifetime($0) }
        }
        for (issuer, subject) in zip(PKISpec.tiers, PKISpec.tiers.dropFirst()) {
            guard let longer = values[subject], let limit = values[issuer], longer > limit else { continue }
            // Blame what was written; when only the issuer's was, the default below it no longer fits.
            let place = spec.lifetimes[subject] != nil ? subject : issuer
            report.error(
                "pki.lifetimes.\(place)",
                "\(subject) certificates would live \(longer), longer than their issuer's \(limit)",
                at: spec.lifetimes[place]?.position, help: "a certificate must end before its issuer: at most \(limit)")
        }
        return PKISettings.Lifetimes(
            root: values["root"] ?? .days(3650), intermediate: values["intermediate"] ?? .days(1825),
            issuing: values["issuing"] ?? .days(1095), leaf: values["leaf"] ?? .days(365))
    }

    private func subject(_ report: inout Report) -> PKISettings.SubjectFields {
        func field(_ name: String) -> String? {
            guard let text = spec.subject[name] else { return nil }
            // RFC 5280 appendix A: two letters for a country, at most 64 characters for the others.
            let valid =
                name == "country"
                ? text.value.utf8.count == 2 && text.value.utf8.allSatisfy { (65...90).contains($0) }
                : (1...64).contains(text.value.unicodeScalars.count)
            if !valid {
                report.error(
                    "pki.subject.\(name)", "'\(text.value)' does not fit into a certificate", at: text.position,
                    help: name == "country" ? "expected two capital letters, such as DE" : "expected 1 to 64 characters"
                )
            }
            return text.value
        }
        return PKISettings.SubjectFields(
            organization: field("organization"), organizationalUnit: field("organizational-unit"),
            country: field("country"), province: field("province"), locality: field("locality"))
    }

    private func generations(_ machineNames: Set<String>, _ report: inout Report) -> [KeyName: Int] {
        var values: [KeyName: Int] = [:]
        for (key, value) in spec.generations {
            if !(1...1_000_000).contains(value.value) {
                report.error(
                    "pki.generations.\(key.value)", "generation \(value.value) is out of range", at: value.position,
                    help: "generations count from 1; add one to make a new key")
            }
            if let name = keyName(key, machineNames, &report) { values[name] = value.value }
        }
        return values
    }

    /// `KIND` or `KIND/HOLDER`; nil after a report.
    private func keyName(
        _ key: Located<String>, _ machineNames: Set<String>, _ report: inout Report
    ) -> KeyName? {
        let path = "pki.generations.\(key.value)"
        let parts = key.value.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let kind = KeyKind(rawValue: parts[0]) else {
            report.error(
                path, "there is no key '\(parts[0])'", at: key.position,
                help: Suggestion.help(for: parts[0], among: KeyKind.allCases.map(\.rawValue)))
            return nil
        }
        guard parts.count == 2 else { return KeyName(kind) }
        let holder = parts[1]
        guard kind.isPerHolder else {
            report.error(
                path, "the whole cluster has one \(kind.rawValue) key, '\(holder)' has none of its own",
                at: key.position,
                help: "write '\(kind.rawValue)' alone")
            return nil
        }
        // The one certificate that the person at the host has.
        let holders = kind == .leaf(.admin) ? machineNames.union([KeyKind.operatorName]) : machineNames
        guard holders.contains(holder) else {
            report.error(
                path, "there is no machine '\(holder)'", at: key.position,
                help: Suggestion.nearest(to: holder, among: holders).map { "did you mean '\($0)'?" }
                    ?? "expected KEY or KEY/MACHINE")
            return nil
        }
        return KeyName(kind, holder: holder)
    }
}
