package headrace;

/** A checked payment on its way through the job. */
public class Payment {
  public String eventId;
  public String cardId;
  public String merchantId;
  public String terminalId;
  public String currency;
  public String country;
  public String mcc;
  public String channel;
  public String deviceId;
  public String ip;
  public long timeMs;
  public double amount;
  public double lat;
  public double lon;
}
