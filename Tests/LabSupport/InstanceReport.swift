/// What `slipway status --format json` prints.
struct InstanceReport: Decodable {
    let machines: [MachineReport]
}
