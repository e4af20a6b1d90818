import Diagnostics
import TopologySpec
import Values

/// Resolves `pki:`.
struct PKIResolver {
    let spec: PKISpec

    func resolve(machineNames: Set<String>, _ report: inout Report) -> PKISettings {
        PKISettings(
            lifetimes: lifetimes(&report), subject: subject(), generations: generations(machineNames, &report))
    }

    private func lifetimes(_ report: inout Report) -> PKISettings.Lifetimes {
        var values: [PKISpec.Tier: Lifetime] = [:]
        for tier in PKISpec.Tier.allCases { values[tier] = spec.lifetimes[tier]?.value ?? tier.standard }
        for (issuer, subject) in zip(PKISpec.Tier.allCases, PKISpec.Tier.allCases.dropFirst()) {
            guard let longer = values[subject], let limit = values[issuer], longer > limit,
                spec.lifetimes[subject]?.isRefused != true, spec.lifetimes[issuer]?.isRefused != true
            else { continue }
            // Blame what was written; when only the issuer's was, the default below it no longer fits.
            let isWritten = spec.lifetimes[subject]?.value != nil
            let place = isWritten ? subject : issuer
            report.error(
                "pki.lifetimes.\(place)",
                "\(subject) certificates would live \(longer), longer than their issuer's \(limit)",
                at: spec.lifetimes[place]?.position, help: "a certificate must end before its issuer: at most \(limit)")
        }
        func lifetime(_ tier: PKISpec.Tier) -> Lifetime { values[tier] ?? tier.standard }
        return PKISettings.Lifetimes(
            root: lifetime(.root), intermediate: lifetime(.intermediate), issuing: lifetime(.issuing),
            leaf: lifetime(.leaf))
    }

    private func subject() -> PKISettings.SubjectFields {
        func field(_ field: PKISpec.SubjectField) -> String? { spec.subject[field]?.value }
        return PKISettings.SubjectFields(
            organization: field(.organization), organizationalUnit: field(.organizationalUnit),
            country: field(.country), province: field(.province), locality: field(.locality))
    }

    private func generations(_ machineNames: Set<String>, _ report: inout Report) -> [KeyName: Int] {
        var values: [KeyName: Int] = [:]
        for (key, value) in spec.generations {
            guard let name = keyName(key, machineNames, &report), let generation = value.value else { continue }
            values[name] = generation
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

extension PKISpec.Tier {
    /// How long its certificates live when the topology does not say.
    fileprivate var standard: Lifetime {
        switch self {
        case .root: .days(3650)
        case .intermediate: .days(1825)
        case .issuing: .days(1095)
        case .leaf: .days(365)
        }
    }
}
