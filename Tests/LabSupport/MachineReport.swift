/// One machine in `slipway status --format json`.
struct MachineReport: Decodable {
    let name: String
    let power: String
    let cloudInit: String
    let generation: Int
    let digest: String?
    let green: Bool
    let drift: [String]
    let units: [String]
    let failedUnits: [String]
    let waiting: [String]
}
